using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using RedisExpiryCache;
using Shop.Data;

namespace Shop.Controllers;

/// <summary>
/// Pages that are the same for all visitors. They hold no form: its anti-forgery token would be one visitor's own, and such a page is never stored.
/// By MVC's [ResponseCache] they say <c>public, max-age=0</c>: <c>public</c>, so that signed-in users get the stored page too; <c>max-age=0</c>, as a policy
/// says by default, so that browsers revalidate and see an eviction.
/// </summary>
[ResponseCache(Duration = 0, Location = ResponseCacheLocation.Any)]
public sealed class ProductsController(ShopContext shop) : Controller
{
    [HttpGet("/")]
    [RedisResponseCache(Duration = 300, VaryByHost = false, VaryByQueryKeys = ["category"], Tags = ["products", "product-lists"])]
    public async Task<IActionResult> Index(string? category, CancellationToken token)
    {
        ViewData["Category"] = category;
        var wanted = shop.Products.AsNoTracking();
        if (!string.IsNullOrEmpty(category))
            wanted = wanted.Where(product => product.Category == category);

        return View(await wanted.OrderBy(static product => product.Id).ToListAsync(token));
    }

    [HttpGet("/products/{id:int}")]
    [RedisResponseCache(Duration = 300, VaryByHost = false, VaryByQueryKeys = [], Tags = ["products", "product:{id}"])]
    public async Task<IActionResult> Details(int id, CancellationToken token) =>
        await shop.Products.AsNoTracking().SingleOrDefaultAsync(product => product.Id == id, token) is { } product ? View(product) : NotFound();
}
