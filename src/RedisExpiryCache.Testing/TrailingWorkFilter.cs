using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace RedisExpiryCache.Testing;

/// <summary>A request ends when the slides of what it has read are done, so that a test may advance its clock after it.</summary>
internal sealed class TrailingWorkFilter(InMemoryRedis redis) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, following) =>
        {
            await following(context);
            await redis.Trailing.WhenEndedAsync();
        });
        next(app);
    };
}
