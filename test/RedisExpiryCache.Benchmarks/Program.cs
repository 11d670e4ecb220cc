using BenchmarkDotNet.Running;
using RedisExpiryCache.Benchmarks;
using RedisExpiryCache.Benchmarks.Data;
using RedisExpiryCache.Benchmarks.Load;

// load: whole apps side by side, driven by wrk. growth: what a hit of ours costs as there is more of something.
// costs: what else the response cache costs than hits. data: the data cache beside its peers, in this process. micro: parts of the library, by BenchmarkDotNet.
try
{
    return await RunAsync(args);
}
catch (WrongArgumentException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

static async Task<int> RunAsync(string[] arguments) => arguments switch
{
    [BenchmarkApp.Verb, .. var rest] => await BenchmarkApp.RunAsync(rest),
    ["load", .. var rest] => await LoadCommand.RunAsync(rest),
    ["growth", .. var rest] => await GrowthCommand.RunAsync(rest),
    ["costs", .. var rest] => await CostsCommand.RunAsync(rest),
    ["data", .. var rest] => await DataCommand.RunAsync(rest),
    ["micro", .. var rest] => Micro(rest),
    _ => Help(),
};

static int Micro(string[] arguments)
{
    BenchmarkSwitcher.FromAssembly(typeof(LoadCommand).Assembly).Run(arguments.Length == 0 ? ["--filter", "*"] : arguments);
    return 0;
}

static int Help()
{
    Console.Error.WriteLine(
        """
        Usage: dotnet run -c Release --project test/RedisExpiryCache.Benchmarks -- COMMAND [--rounds 5] [--seconds 4] [--markdown FILE]
          load [--candidates Bare,Redis] [--sizes 1,16,256] [--svg FILE]
          growth [--candidates Redis,Near]
          costs [--responses 100000]
          data [--keys 1]
          micro [BenchmarkDotNet's arguments]
        """);
    return 2;
}
