using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RedisExpiryCache.RazorApp.Pages.Products;

/// <summary>Our attribute on the model of a page.</summary>
[RedisResponseCache(Duration = 60, VaryByQueryKeys = ["page"], Tags = ["product:{id}"])]
public sealed class DetailsModel(Visits visits) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public int Id { get; set; }

    public int Visit { get; private set; }

    public void OnGet() => Visit = visits.Next();
}
