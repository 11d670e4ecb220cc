// A product catalogue on a real database, whose pages, JSON and baskets are cached in Redis. Start it twice: what is edited on one is seen on the other at once.
//
//   dotnet run --project examples/Shop -- --urls http://localhost:5081 --redis-port 6390
//   dotnet run --project examples/Shop --no-build -- --urls http://localhost:5082 --ConnectionStrings:Redis 127.0.0.1:6390
//
// README.md, beside this file, says what to look at, and how to use a Redis and a PostgreSQL of your own.

using System.Net.Sockets;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Shop;
using Shop.Controllers;
using Shop.Data;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
    .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
    .AddFilter("RedisExpiryCache", LogLevel.Warning)
    .AddFilter("Microsoft.EntityFrameworkCore.Database", LogLevel.None); // what fails there is said by an exception as well
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://localhost:5081");

// The host is part of a page's cache key: other Host fields than these would each make keys of their own in Redis.
builder.Configuration["AllowedHosts"] ??= "localhost;127.0.0.1;[::1]";

var redis = builder.Configuration.GetConnectionString("Redis");
EmbeddedRedis? embedded = null;
try
{
    embedded = string.IsNullOrWhiteSpace(redis) ? EmbeddedRedis.Start(builder.Configuration.GetValue("redis-port", 0)) : null;
}
catch (Exception wrong) when (wrong is SocketException or ArgumentException or InvalidOperationException)
{
    Console.Error.WriteLine($"--redis-port: {wrong.Message}");
    return 1;
}

using var endsWithTheShop = embedded;
redis = embedded?.ConnectionString ?? redis;

builder.Services.AddRedisExpiringCache(options =>
{
    options.Configuration = redis;
    options.InstanceName = "catalogue:";

    // Each user's own copy. Its tags: see BasketController.
    options.ResponseCaching.AddPolicy(BasketController.Policy, policy => policy.VaryByUser().VaryByHost(false).Expire(TimeSpan.FromMinutes(5)));

    // The command line has the last word, as in --Cache:OperationTimeout 00:00:05.
    builder.Configuration.GetSection("Cache").Bind(options);
});

// Both instances read and write the same folder: the database, and the keys that their cookies are protected with.
var folder = Directory.CreateDirectory(builder.Configuration["folder"] is { Length: > 0 } named ? named : Path.Combine(builder.Environment.ContentRootPath, "data"));
builder.Services.AddSingleton(_ => ShopDatabase.Choose(builder.Configuration.GetConnectionString("Shop"), folder));
builder.Services.AddDbContext<ShopContext>(static (services, options) => services.GetRequiredService<ShopDatabase>().Configure(options));
builder.Services.AddDataProtection().SetApplicationName("Shop").PersistKeysToFileSystem(folder.CreateSubdirectory("keys"));
builder.Services.AddSingleton<Baskets>();

builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options => options.LoginPath = "/account");
builder.Services.AddAuthorization();

// Session keeps its data in the IDistributedCache, which is the same Redis.
builder.Services.AddSession(options => options.IdleTimeout = TimeSpan.FromMinutes(20));
builder.Services.AddControllersWithViews(options => options.Filters.Add(new AutoValidateAntiforgeryTokenAttribute()));

await using var app = builder.Build();
app.UseStaticFiles();
app.UseMiddleware<ServerTiming>();
app.UseRouting();
app.UseAuthentication();
app.UseAuthorization();
app.UseSession();
app.UseRedisExpiringCache();
app.MapControllers();
app.MapProductsApi();

if (await StartAsync(app) is { } problem)
{
    Console.Error.WriteLine(problem);
    return 1;
}

await WarmUp.RunAsync(app);
Console.WriteLine($"""
    Shop
      listens on    {string.Join(' ', app.Urls)}
      its database  {app.Services.GetRequiredService<ShopDatabase>().Name}
      its Redis     {(embedded is null ? "the one that ConnectionStrings:Redis names" : $"an embedded Garnet on {redis}, because ConnectionStrings:Redis is not set")}
    """);
if (embedded is not null)
    Console.WriteLine($"  a second one  dotnet run --project examples/Shop --no-build -- --urls http://localhost:5082 --ConnectionStrings:Redis {redis}");

await app.WaitForShutdownAsync();
return 0;

// Returns what is wrong, in a line.
static async Task<string?> StartAsync(WebApplication app)
{
    var step = "ConnectionStrings:Shop";
    try
    {
        await ShopDatabase.PrepareAsync(app.Services);
        step = "ConnectionStrings:Redis";
        await app.Services.GetRequiredService<Baskets>().TimeLeftAsync("nobody", CancellationToken.None);
        step = "--urls";
        await app.StartAsync();
        return null;
    }
    catch (Exception wrong)
    {
        return $"{step}: {wrong.Message}";
    }
}
