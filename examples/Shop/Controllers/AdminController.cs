using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using RedisExpiryCache;
using Shop.Data;

namespace Shop.Controllers;

/// <summary>
/// Edits prices. Its pages hold forms with anti-forgery tokens, and what the visitor's session remembers, so they are not cached. It is a demo: anybody may edit.
/// </summary>
[Route("/admin")]
public sealed class AdminController(ShopContext shop) : Controller
{
    private const string Edits = "edits";

    [HttpGet("")]
    public async Task<IActionResult> Index(CancellationToken token)
    {
        await HttpContext.Session.LoadAsync(token);
        ViewData["Edits"] = HttpContext.Session.GetString(Edits);
        return View(await shop.Products.AsNoTracking().OrderBy(static product => product.Id).ToListAsync(token));
    }

    [HttpGet("products/{id:int}")]
    public async Task<IActionResult> Edit(int id, CancellationToken token) =>
        await shop.Products.AsNoTracking().SingleOrDefaultAsync(product => product.Id == id, token) is { } product ? View(product) : NotFound();

    /// <summary>Evicts the product's pages and the lists it is in, on both instances; the pages of other products stay.</summary>
    [HttpPost("products/{id:int}")]
    [RedisResponseCacheEvict(Tags = ["product:{id}", "product-lists"])]
    public async Task<IActionResult> Edit(int id, decimal price, CancellationToken token)
    {
        var edit = new PriceEdit(price);
        if (!ModelState.IsValid || !edit.IsValid)
        {
            // Not 200: nothing has changed, so nothing is to be evicted.
            Response.StatusCode = StatusCodes.Status400BadRequest;
            ViewData["Error"] = PriceEdit.Rule;
            return await Edit(id, token);
        }

        if (!await shop.SetPriceAsync(id, edit.Price, token))
            return NotFound();

        await HttpContext.Session.LoadAsync(token);
        HttpContext.Session.SetString(Edits, string.Join(" · ", [.. HttpContext.Session.GetString(Edits)?.Split(" · ").TakeLast(4) ?? [], $"no. {id}: {edit.Price:0.00} €"]));
        return RedirectToAction(nameof(Index));
    }

    /// <summary>All prices at once: one tag that every page and every JSON response of the catalogue carries.</summary>
    [HttpPost("restore")]
    [RedisResponseCacheEvict(Tags = ["products"])]
    public async Task<IActionResult> Restore(CancellationToken token)
    {
        await shop.RestorePricesAsync(token);
        return RedirectToAction(nameof(Index));
    }
}
