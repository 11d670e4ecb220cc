using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using RedisExpiryCache;
using Shop.Data;

namespace Shop.Controllers;

/// <summary>A page of each user's own, cached for each of them; and the form that changes it, which is not.</summary>
[Authorize]
[Route("/basket")]
public sealed class BasketController(ShopContext shop, Baskets baskets, IResponseCacheInvalidator stored) : Controller
{
    public const string Policy = "each user's own";

    private string UserName => User.Identity!.Name!;

    /// <summary>The tags are known only here: the user's, and those of the products in the basket, so that a new price is seen here too.</summary>
    [HttpGet("")]
    [RedisResponseCache(PolicyName = Policy, VaryByQueryKeys = [], Tags = ["products"])]
    public async Task<IActionResult> Index(CancellationToken token)
    {
        var basket = await baskets.GetAsync(UserName, token);
        HttpContext.Features.Get<IResponseCacheFeature>()?.AddTags([TagOf(UserName), .. basket.Keys.Select(static id => $"product:{id}")]);
        var products = await shop.Products.AsNoTracking().Where(product => basket.Keys.Contains(product.Id)).OrderBy(static product => product.Id).ToListAsync(token);
        return View(products.ConvertAll(product => new BasketLine(product, basket[product.Id])));
    }

    [HttpGet("{id:int}")]
    public async Task<IActionResult> Item(int id, CancellationToken token)
    {
        if (await shop.Products.AsNoTracking().SingleOrDefaultAsync(product => product.Id == id, token) is not { } product)
            return NotFound();

        var basket = await baskets.GetAsync(UserName, token);
        return View(new BasketLine(product, basket.GetValueOrDefault(id)));
    }

    [HttpPost("{id:int}")]
    public async Task<IActionResult> Item(int id, int count, CancellationToken token)
    {
        if (!ModelState.IsValid || count is < 0 or > 99)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            ViewData["Error"] = "From 0 to 99 pieces.";
            return await Item(id, token);
        }

        if (!await shop.Products.AnyAsync(product => product.Id == id, token))
            return NotFound();

        await baskets.SetCountAsync(UserName, id, count, token);
        await stored.EvictByTagAsync(TagOf(UserName), token);
        return RedirectToAction(nameof(Index));
    }

    private static string TagOf(string user) => $"basket:{user}";
}

public sealed record BasketLine(Product Product, int Count)
{
    public decimal Total => Product.Price * Count;
}
