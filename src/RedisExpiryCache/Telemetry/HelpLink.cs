using System.Reflection;

namespace RedisExpiryCache.Telemetry;

/// <summary>Links from log messages into the documentation.</summary>
internal static class HelpLink
{
    public static readonly string MiddlewareOrder = To("middleware-order.md");
    public static readonly string Registration = To("registration.md");
    public static readonly string Policies = To("policies.md");

    // The project file has the address; it is where the packages' links point as well.
    private static string To(string page) =>
        typeof(HelpLink).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(static one => one.Key == "DocumentationUrl").Value + page;
}
