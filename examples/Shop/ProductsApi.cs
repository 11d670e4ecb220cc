using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using RedisExpiryCache;
using Shop.Data;

namespace Shop;

/// <summary>The catalogue as JSON, by minimal APIs. Its responses carry the tags of the pages, so whoever edits a product evicts both.</summary>
internal static class ProductsApi
{
    public static void MapProductsApi(this WebApplication app)
    {
        var products = app.MapGroup("/api/products");

        products.MapGet("/", async (HttpContext context, ShopContext shop, CancellationToken token) =>
        {
            SaySameForEverybody(context);
            return Results.Ok(await shop.Products.AsNoTracking().OrderBy(static product => product.Id).ToListAsync(token));
        }).CacheResponse(static policy => FiveMinutes(policy).VaryByQuery().Tag("products", "product-lists"));

        products.MapGet("/{id:int}", async (int id, HttpContext context, ShopContext shop, CancellationToken token) =>
        {
            SaySameForEverybody(context);
            return await shop.Products.AsNoTracking().SingleOrDefaultAsync(product => product.Id == id, token) is { } product
                ? Results.Ok(product) : Results.NotFound();
        }).CacheResponse(static policy => FiveMinutes(policy).VaryByQuery().Tag("products", "product:{id}"));

        products.MapPut("/{id:int}/price", async (int id, PriceEdit edit, ShopContext shop, CancellationToken token) =>
        {
            if (!edit.IsValid)
                return Results.BadRequest(new { error = PriceEdit.Rule });

            return await shop.SetPriceAsync(id, edit.Price, token) ? Results.Ok(new { id, edit.Price }) : Results.NotFound();
        }).EvictCachedResponses(tags: ["product:{id}", "product-lists"]);
    }

    private static ResponseCachePolicyBuilder FiveMinutes(ResponseCachePolicyBuilder policy) => policy.Expire(TimeSpan.FromMinutes(5)).VaryByHost(false);

    /// <summary>By <c>public</c>, signed-in users get the stored response too; browsers revalidate, as a policy says by default.</summary>
    private static void SaySameForEverybody(HttpContext context) => context.Response.Headers.CacheControl = "public, max-age=0";
}
