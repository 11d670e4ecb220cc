using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>Whether the code of a request's endpoint has run to success, and not only something in front of it.</summary>
/// <remarks>
/// The endpoint is replaced by one whose delegate reports that it is called. MVC's delegate runs filters first, which may answer
/// themselves, so for controllers and pages the innermost filter (<see cref="EndpointExecutionFilter"/>) reports. See
/// docs/design/success-of-an-endpoint.md.
/// </remarks>
internal sealed class EndpointExecution
{
    private static readonly ConditionalWeakTable<Endpoint, Endpoint> Reporting = [];

    private readonly HttpContext context;
    private readonly Endpoint? watched;
    private bool hasRun;

    private EndpointExecution(HttpContext context, Endpoint? watched) => (this.context, this.watched) = (context, watched);

    /// <summary>The code was called, and has neither thrown nor refused the user. True as well where no endpoint can be watched.</summary>
    public bool HasRun => watched is null || hasRun;

    /// <summary>The answer comes from something in front of the endpoint, authorization for one.</summary>
    public bool IsAnsweredInFront => !HasRun && ReferenceEquals(context.GetEndpoint(), watched);

    public static EndpointExecution Watch(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var watched = endpoint?.RequestDelegate is null ? null : Reporting.GetValue(endpoint, Report);
        var run = new EndpointExecution(context, ReferenceEquals(watched, endpoint) ? null : watched);
        if (run.watched is not null)
            context.SetEndpoint(run.watched);

        context.Features.Set(run);
        return run;
    }

    public void Begin() => hasRun = true;

    public void Fail() => hasRun = false;

    /// <returns>The endpoint itself where it is of a kind that cannot be copied.</returns>
    private static Endpoint Report(Endpoint endpoint)
    {
        var run = endpoint.RequestDelegate!;
        var isOfMvc = endpoint.Metadata.GetMetadata<ActionDescriptor>() is not null;
        if (endpoint.GetType() == typeof(Endpoint))
            return new Endpoint(RunAsync, endpoint.Metadata, endpoint.DisplayName);

        return endpoint is RouteEndpoint route && route.GetType() == typeof(RouteEndpoint)
            ? new RouteEndpoint(RunAsync, route.RoutePattern, route.Order, route.Metadata, route.DisplayName)
            : endpoint;

        async Task RunAsync(HttpContext context)
        {
            var reported = context.Features.Get<EndpointExecution>();
            if (!isOfMvc)
                reported?.Begin();

            try
            {
                await run(context);
            }
            catch
            {
                reported?.Fail();
                throw;
            }
        }
    }
}

/// <summary>The innermost filter of all controllers and pages: reports that the action itself runs, and how it ends.</summary>
internal sealed class EndpointExecutionFilter : IAsyncActionFilter, IAsyncPageFilter, IOrderedFilter
{
    public int Order => int.MaxValue;

    public Task OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next) => RunAsync(
        context, async () => await next() is var executed && HasFailed(executed.Exception, executed.Canceled, executed.Result));

    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next) => RunAsync(
        context, async () => await next() is var executed && HasFailed(executed.Exception, executed.Canceled, executed.Result));

    private static async Task RunAsync(FilterContext context, Func<Task<bool>> hasFailed)
    {
        var run = context.HttpContext.Features.Get<EndpointExecution>();
        run?.Begin();
        if (await hasFailed())
            run?.Fail();
    }

    private static bool HasFailed(Exception? exception, bool isCanceled, IActionResult? result) =>
        exception is not null || isCanceled || IsRefusal(result);

    private static bool IsRefusal(IActionResult? result) => result is ChallengeResult or ForbidResult;
}

/// <summary>Adds <see cref="EndpointExecutionFilter"/> to an application that uses MVC.</summary>
internal sealed class EndpointExecutionMvcOptions : IConfigureOptions<MvcOptions>
{
    public void Configure(MvcOptions options) => options.Filters.Add(new EndpointExecutionFilter());
}
