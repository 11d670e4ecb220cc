using Microsoft.AspNetCore.Mvc;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Attributed as a whole, and once more in one place.</summary>
[ApiController]
[Route("cached")]
[RedisResponseCache(Duration = 600)]
public sealed class CachedController : ControllerBase
{
    [HttpGet("by-controller")]
    public string ByController() => HttpContext.NextPage();

    [HttpGet("by-action")]
    [RedisResponseCache(Duration = 60)]
    public string ByAction() => HttpContext.NextPage();
}

/// <summary>Attributed in some places only.</summary>
[ApiController]
[Route("plain")]
public sealed class PlainController : ControllerBase
{
    [HttpGet("cached")]
    [RedisResponseCache(Duration = 60)]
    public string Cached() => HttpContext.NextPage();

    [HttpGet("not-cached")]
    public string NotCached() => HttpContext.NextPage();

    [HttpGet("{id}")]
    [RedisResponseCache(Duration = 60, Tags = ["plain:{id}"])]
    public string Tagged(string id) => $"{id} {HttpContext.NextPage()}";

    [HttpPost("{id}")]
    [RedisResponseCacheEvict(Tags = ["plain:{id}"])]
    public IActionResult Change(string id, bool fail) => fail ? BadRequest(id) : Ok(id);
}
