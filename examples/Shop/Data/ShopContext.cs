using Microsoft.EntityFrameworkCore;

namespace Shop.Data;

public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Product> Products => Set<Product>();

    /// <returns>False: there is no such product.</returns>
    public async Task<bool> SetPriceAsync(int id, decimal price, CancellationToken token) =>
        await Products.Where(product => product.Id == id).ExecuteUpdateAsync(set => set.SetProperty(static product => product.Price, price), token) == 1;

    public async Task RestorePricesAsync(CancellationToken token)
    {
        await using var all = await Database.BeginTransactionAsync(token);
        foreach (var product in FirstProducts())
            await SetPriceAsync(product.Id, product.Price, token);

        await all.CommitAsync(token);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Product>(static product =>
    {
        product.Property(static p => p.Id).ValueGeneratedNever();
        product.Property(static p => p.Name).HasMaxLength(100);
        product.Property(static p => p.Category).HasMaxLength(50);
        product.Property(static p => p.Price).HasPrecision(10, 2);
        product.HasData(FirstProducts());
    });

    private static Product[] FirstProducts() =>
    [
        new() { Id = 1, Category = "Tea", Name = "Assam, second flush", Price = 8.90m, Text = "Malty and strong. Takes milk, and takes its time: four minutes." },
        new() { Id = 2, Category = "Tea", Name = "Sencha", Price = 11.50m, Text = "Steamed, grassy, a little sweet. Not with boiling water." },
        new() { Id = 3, Category = "Tea", Name = "Rooibos", Price = 6.20m, Text = "No tea at all, strictly speaking, and no caffeine either." },
        new() { Id = 4, Category = "Coffee", Name = "Ethiopia Sidamo", Price = 13.80m, Text = "Lemon and jasmine in a light roast, for the filter." },
        new() { Id = 5, Category = "Coffee", Name = "House espresso", Price = 12.40m, Text = "Dark chocolate and hazelnut. The one that the shop itself drinks." },
        new() { Id = 6, Category = "Things", Name = "Gooseneck kettle", Price = 54.00m, Text = "Pours where you point it. Holds 0.8 litres." },
        new() { Id = 7, Category = "Things", Name = "Stoneware teapot", Price = 39.90m, Text = "Thrown by hand, glazed in celadon, holds four cups." },
        new() { Id = 8, Category = "Things", Name = "Hourglass, four minutes", Price = 9.00m, Text = "An entry that expires exactly when it says." },
    ];
}
