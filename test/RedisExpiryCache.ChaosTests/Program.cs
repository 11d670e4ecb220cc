using RedisExpiryCache.ChaosTests.Crashes;
using RedisExpiryCache.ChaosTests.NearCache;
using RedisExpiryCache.ChaosTests.Staleness;
using RedisExpiryCache.ChaosTests.StalledClients;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// Several programs in one: the apps that tests start and kill, the long runs of test/chaos.sh, and the tests.
return args switch
{
    [KillableApp.Verb, .. var rest] => await KillableApp.RunAsync(rest),
    [NearApp.Verb, .. var rest] => await NearApp.RunAsync(rest),
    [LongRun.Verb, NearLongRun.Option, .. var rest] => await NearLongRun.RunAsync(rest),
    [LongRun.Verb, RogueLongRun.Option, .. var rest] => await RogueLongRun.RunAsync(rest),
    [LongRun.Verb, StalledLongRun.Option, .. var rest] => await StalledLongRun.RunAsync(rest),
    [LongRun.Verb, .. var rest] => await LongRun.RunAsync(rest),
    _ when args.Any(static arg => arg is "--server" or "--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, static (_, _) => { }),
    _ => await ConsoleRunner.Run(args),
};
