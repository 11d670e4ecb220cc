using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace RedisExpiryCache.RazorApp.Pages.Products;

/// <summary>One page that is cached itself, and evicts another when its form is posted.</summary>
[IgnoreAntiforgeryToken]
[RedisResponseCache(Duration = 60)]
[RedisResponseCacheEvict(Tags = ["product:{id}"], Paths = ["/Plain"])]
public sealed class EditModel(Visits visits) : PageModel
{
    public int Visit { get; private set; }

    public void OnGet() => Visit = visits.Next();

    public IActionResult OnPost(int id, bool fail) => fail ? BadRequest() : RedirectToPage("Details", new { id });

    public IActionResult OnPostPrice() => Content("changed");
}
