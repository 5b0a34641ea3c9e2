using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LargeSteps.Experiments.View;

/// <summary>Who may ask, and what a page may do. Results are somebody's, and names in them come from anywhere.</summary>
/// <param name="port">The port that is listened to.</param>
/// <param name="open">Whether other machines are answered: then whoever asks must know a token of the address.</param>
internal sealed class ViewGuard(Func<int> port, bool open)
{
    // Cookies know no ports.
    private string Cookie => FormattableString.Invariant($"largesteps-{port()}");

    /// <summary>What the address of an open view must have.</summary>
    public string Key { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>What a form of a page must send back.</summary>
    public string FormToken { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Lets a request pass, or answers it.</summary>
    public async Task Check(HttpContext context, RequestDelegate next)
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        context.Items[nameof(ViewPages.Frame)] = new ViewPages.Frame(nonce, FormToken);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; " +
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        // With no-referrer a browser would not say either where a form comes from.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (open)
        {
            if (IsSame(context.Request.Query["token"], Key))
            {
                context.Response.Cookies.Append(Cookie, Key, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax });
                var rest = context.Request.Query.Where(each => each.Key != "token").SelectMany(each => each.Value.Select(value =>
                    KeyValuePair.Create(each.Key, value)));
                context.Response.Redirect(context.Request.Path + QueryString.Create(rest));
                return;
            }
            if (!IsSame(context.Request.Cookies[Cookie], Key))
            {
                await Refuse(context, 403, "This view is open to those who have its whole address, with the token.");
                return;
            }
        }
        // A page elsewhere can have its name lead to this machine, but not say another name than its own.
        else if (!IsHere(context.Request.Host))
        {
            await Refuse(context, 403, FormattableString.Invariant(
                $"This view answers to 127.0.0.1:{port()} and localhost:{port()} alone, so that a tunnel to it must end at the same port."));
            return;
        }
        await next(context);
    }

    /// <summary>Whether a form came from a page of this view.</summary>
    public bool IsOwn(HttpRequest request, string? token) => IsSame(token, FormToken)
        && (request.Headers.Origin.Count == 0 || (Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && origin.Authority == request.Host.Value));

    /// <summary>Answers that something is not to be had, in words.</summary>
    public static async Task Refuse(HttpContext context, int status, string words)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(words + "\n", context.RequestAborted);
    }

    private bool IsHere(HostString host) => host.HasValue && (host.Port ?? 80) == port()
        && (host.Host is "localhost" || IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsSame(string? given, string right) => given is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(right));
}
