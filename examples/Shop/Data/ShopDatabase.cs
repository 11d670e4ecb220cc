using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Shop.Data;

/// <summary>SQLite in a file by default; PostgreSQL where ConnectionStrings:Shop names a host.</summary>
/// <param name="Name">Which it is, in words that may be shown: no password in them.</param>
internal sealed record ShopDatabase(string Name, Action<DbContextOptionsBuilder> Configure)
{
    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <param name="connectionString">Null or empty: SQLite in the folder.</param>
    /// <param name="folder">Where the file shop.db is, if the connection string names no other.</param>
    /// <exception cref="ArgumentException">The connection string is none.</exception>
    public static ShopDatabase Choose(string? connectionString, DirectoryInfo folder)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            connectionString = $"Data Source={Path.Combine(folder.FullName, "shop.db")}";

        var settings = new DbConnectionStringBuilder { ConnectionString = connectionString };
        return settings.TryGetValue("Host", out var host) || settings.TryGetValue("Server", out host)
            ? new($"PostgreSQL on {host}", options => options.UseNpgsql(connectionString))
            : new($"SQLite in {settings["Data Source"]}", options => options.UseSqlite(connectionString));
    }

    /// <summary>
    /// Creates the tables and the first products where there are none. Both are one transaction, so of two instances that start at once one comes too late, fails, and finds
    /// everything there when it tries again. EF Core sets SQLite to its write-ahead log (WAL): readers and the writer do not wait for each other.
    /// </summary>
    /// <exception cref="DbException">It failed for five seconds.</exception>
    public static async Task PrepareAsync(IServiceProvider services)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var scope = services.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<ShopContext>().Database.EnsureCreatedAsync();
                return;
            }
            catch (DbException) when (attempt < Attempts)
            {
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }
}
