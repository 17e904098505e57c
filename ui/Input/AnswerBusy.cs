using System.Globalization;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Input;

/// <summary>In a host that has no page for it: too much at once is answered as such, and when to try again.</summary>
internal sealed class AnswerBusy : IExceptionFilter
{
    public void OnException(ExceptionContext context)
    {
        if (context.Exception is not HashingQueueFullException)
        {
            return;
        }

        var text = context.HttpContext.RequestServices.GetRequiredService<IStringLocalizer<Text>>();
        context.HttpContext.Response.Headers.RetryAfter = HashingQueueFullException.RetryAfter.TotalSeconds.ToString(
            CultureInfo.InvariantCulture
        );
        context.Result = new ContentResult
        {
            StatusCode = StatusCodes.Status503ServiceUnavailable,
            ContentType = "text/plain; charset=utf-8",
            Content = $"{text["Error.BusyTitle"]}. {text["Error.BusyLead"]}",
        };
    }
}
