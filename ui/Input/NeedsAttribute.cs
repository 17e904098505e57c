using IdP.Recovery.Console;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace IdP.UI.Input;

/// <summary>
/// A page of the console that not every role may open: <c>[Needs(ConsoleAction.ReadSystem, Change =
/// ConsoleAction.ManageSystem)]</c>. Whoever may not is answered as if the page were forbidden, with 403.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsAttribute : Attribute, IAsyncPageFilter
{
    /// <summary>Names what opening the page takes.</summary>
    /// <param name="read">It.</param>
    public NeedsAttribute(ConsoleAction read) => Read = Change = read;

    /// <summary>What opening the page takes.</summary>
    public ConsoleAction Read { get; }

    /// <summary>What sending one of its forms takes; the same as opening it, unless set.</summary>
    public ConsoleAction Change { get; set; }

    /// <inheritdoc />
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task OnPageHandlerExecutionAsync(
        PageHandlerExecutingContext context,
        PageHandlerExecutionDelegate next
    )
    {
        var http = context.HttpContext;
        var reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        var action = reads ? Read : Change;
        if (ConsolePermissions.May(Actor.Of(http.User).Roles, action))
        {
            await next();
            return;
        }

        context.Result = new StatusCodeResult(StatusCodes.Status403Forbidden);
    }
}
