using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using Shop.Data;

namespace Shop.Controllers;

/// <summary>Signs in one of two users without a password. It is a demo: a real shop asks who they are.</summary>
[Route("/account")]
public sealed class AccountController(Baskets baskets) : Controller
{
    private static readonly string[] Users = ["alice", "bob"];

    [HttpGet("")]
    public async Task<IActionResult> Index(string? returnUrl, CancellationToken token)
    {
        ViewData["ReturnUrl"] = Url.IsLocalUrl(returnUrl) ? returnUrl : null;
        if (User.Identity?.Name is { } user)
            ViewData["BasketTimeLeft"] = await baskets.TimeLeftAsync(user, token);

        return View(Users);
    }

    [HttpPost("sign-in")]
    public async Task<IActionResult> SignIn(string user, string? returnUrl)
    {
        if (!Users.Contains(user))
            return BadRequest();

        var identity = new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user), new(ClaimTypes.Name, user)], CookieAuthenticationDefaults.AuthenticationScheme);
        await HttpContext.SignInAsync(new ClaimsPrincipal(identity));
        return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/");
    }

    [HttpPost("sign-out")]
    public async Task<IActionResult> Leave()
    {
        await HttpContext.SignOutAsync();
        return RedirectToAction(nameof(Index));
    }
}
