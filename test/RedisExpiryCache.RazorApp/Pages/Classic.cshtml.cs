using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RedisExpiryCache.RazorApp.Pages;

/// <summary>MVC's own attribute on the model of a page.</summary>
[ResponseCache(Duration = 60, VaryByQueryKeys = ["page"])]
public sealed class ClassicModel(Visits visits) : PageModel
{
    public int Visit { get; private set; }

    public void OnGet() => Visit = visits.Next();
}
