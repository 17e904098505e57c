using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.UI.Input;

/// <summary>
/// A page that changes how a person proves who they are, or decides over others: it asks for a fresh proof first, and
/// comes back. Security: threat 6.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FreshProofAttribute : Attribute, IAsyncPageFilter
{
    /// <summary>
    /// How old the proof may be at most, in minutes; 0, the default, for as long as <c>Mfa:FreshProof</c> says, which is
    /// never exceeded.
    /// </summary>
    public int Minutes { get; set; }

    /// <inheritdoc />
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task OnPageHandlerExecutionAsync(
        PageHandlerExecutingContext context,
        PageHandlerExecutionDelegate next
    )
    {
        if (await AskAsync(context.HttpContext, Minutes > 0 ? TimeSpan.FromMinutes(Minutes) : null) is { } ask)
        {
            context.Result = ask;
            return;
        }

        await next();
    }

    /// <summary>The way to the proof, for one handler of a page that otherwise needs none; null when it is fresh.</summary>
    internal static async Task<IActionResult?> AskAsync(HttpContext http, TimeSpan? within = null)
    {
        var isFresh = await http
            .RequestServices.GetRequiredService<ProveAgain>()
            .IsFreshAsync(http.User.AccountId(), http.User.SessionOf(), within, http.RequestAborted);
        if (isFresh)
        {
            return null;
        }

        // What was posted is gone; the address, which says on whom, is not.
        var reads = HttpMethods.IsGet(http.Request.Method);
        http.Response.Headers.Location =
            "/account/prove"
            + QueryString.Create("returnUrl", http.Request.Path + QueryOf(http.Request, reads))
            + (reads ? "" : "&lost=1");
        return new StatusCodeResult(StatusCodes.Status303SeeOther);
    }

    private static QueryString QueryOf(HttpRequest request, bool reads) =>
        reads ? request.QueryString : QueryString.Create(request.Query.Where(part => part.Key != "handler"));
}
