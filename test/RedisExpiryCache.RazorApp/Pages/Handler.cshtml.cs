using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RedisExpiryCache.RazorApp.Pages;

/// <summary>The attribute where it does nothing.</summary>
public sealed class HandlerModel(Visits visits) : PageModel
{
    public int Visit { get; private set; }

    [RedisResponseCache(Duration = 60)]
    public void OnGet() => Visit = visits.Next();
}
