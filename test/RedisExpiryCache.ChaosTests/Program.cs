using RedisExpiryCache.ChaosTests.Crashes;
using RedisExpiryCache.ChaosTests.Staleness;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// Three programs in one: the app that tests start and kill, the long run of test/chaos.sh, and the tests.
return args switch
{
    [KillableApp.Verb, .. var rest] => await KillableApp.RunAsync(rest),
    [LongRun.Verb, .. var rest] => await LongRun.RunAsync(rest),
    _ when args.Any(static arg => arg is "--server" or "--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, static (_, _) => { }),
    _ => await ConsoleRunner.Run(args),
};
