using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.Tests.ResponseCaching.Renewals;

public class RenewalPipelineTests
{
    [Fact]
    public async Task Capturing_a_further_request_of_a_connection_allocates_nothing()
    {
        var pipeline = new RenewalPipeline();
        var run = Build(pipeline);
        pipeline.StartCapturing();
        var context = Request("/a");
        await run(context);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            await run(context);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task A_request_is_captured_as_it_was_before_middleware_changed_it()
    {
        var pipeline = new RenewalPipeline();
        pipeline.StartCapturing();
        OriginalRequest? original = null;
        var run = Build(pipeline, context =>
        {
            context.Request.Path = "/changed";
            context.Request.Headers.Remove("X-Tenant");
            Assert.True(pipeline.TryFindOriginal(context, out original));
        });
        await run(Request("/a"));

        Assert.Equal("/a", original!.Path);
        Assert.Contains(original.Fields.ToArray(), static field => field.Key == "X-Tenant" && field.Value == "acme");
    }

    [Fact]
    public async Task A_request_with_fewer_fields_keeps_none_of_the_request_before_it()
    {
        var pipeline = new RenewalPipeline();
        pipeline.StartCapturing();
        var run = Build(pipeline);
        var context = Request("/a");
        await run(context);
        context.Request.Headers.Remove("X-Tenant");
        await run(context);

        Assert.True(pipeline.TryFindOriginal(context, out var original));
        Assert.Equal("Host", Assert.Single(original!.Fields.ToArray()).Key);
    }

    [Fact]
    public async Task Nothing_is_captured_until_a_renewal_may_be_needed()
    {
        var pipeline = new RenewalPipeline();
        var context = Request("/a");
        await Build(pipeline)(context);

        Assert.True(pipeline.TryFindOriginal(context, out var original));
        Assert.Null(original);
    }

    [Fact]
    public void Without_a_startup_filter_no_request_can_be_renewed_in_the_background() =>
        Assert.False(new RenewalPipeline().TryFindOriginal(Request("/a"), out _));

    private static RequestDelegate Build(RenewalPipeline pipeline, Action<HttpContext>? run = null)
    {
        var builder = new ApplicationBuilder(new NoServices());
        pipeline.Configure(app => app.Run(context =>
        {
            run?.Invoke(context);
            return Task.CompletedTask;
        }))(builder);
        return builder.Build();
    }

    private static DefaultHttpContext Request(string path)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        context.Request.Headers.Host = "app.example";
        context.Request.Headers["X-Tenant"] = "acme";
        return context;
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
