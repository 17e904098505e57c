using System.Globalization;
using System.Text;
using IdP.Recovery;
using IdP.UI.Pages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Primitives;

namespace IdP.UI.Input;

/// <summary>
/// Refuses a request before any page sees it when a field is given twice, is too long, or holds characters that no
/// person types into these forms. Security: threat 3; two readers of one request must not see two different values.
/// </summary>
internal sealed class StrictInputFilter : IAsyncResourceFilter
{
    private const int LongestValue = 4096;

    // An authenticator's attestation brings its maker's certificates; an application's request is carried along whole.
    private static readonly HashSet<string> LongFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "PasskeyCredential",
        "ReturnUrl",
        "ask",
    };
    private static readonly HashSet<string> SecretFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Password",
        "Current",
        "Example",
    };
    private const int LongestLongValue = 16 * 1024;

    public async Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        var request = context.HttpContext.Request;
        if (
            HttpMethods.IsPost(request.Method)
            && context.ActionDescriptor is CompiledPageActionDescriptor page
            && !HasHandler(page, request, context.HttpContext.Response, out var status)
        )
        {
            context.Result = new StatusCodeResult(status);
            return;
        }

        var (isPlain, field) = request.Query.All(IsPlain)
            ? await ReadFormAsync(request)
            : (false, request.Query.FirstOrDefault(f => !IsPlain(f)).Key);
        if (!isPlain)
        {
            if (NameOf(field) is { } name)
            {
                var text = context.HttpContext.RequestServices.GetRequiredService<IStringLocalizer<Text>>();
                context.HttpContext.Items[ErrorModel.DetailItem] = text["Error.Field", name].Value;
            }

            context.Result = new StatusCodeResult(StatusCodes.Status400BadRequest);
            return;
        }

        await next();
    }

    // A page without a handler for what was posted would be shown with nothing in it.
    private static bool HasHandler(
        CompiledPageActionDescriptor page,
        HttpRequest request,
        HttpResponse response,
        out int status
    )
    {
        var posts = page.HandlerMethods.Where(h => HttpMethods.IsPost(h.HttpMethod)).ToList();
        if (posts.Count == 0)
        {
            response.Headers.Allow = "GET, HEAD";
            status = StatusCodes.Status405MethodNotAllowed;
            return false;
        }

        var named = request.Query["handler"].ToString();
        status = StatusCodes.Status400BadRequest;
        return posts.Any(h => h.Name is null || h.Name.Equals(named, StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<(bool IsPlain, string? Field)> ReadFormAsync(HttpRequest request)
    {
        if (!request.HasFormContentType)
        {
            return (true, null);
        }

        try
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            return (
                form.Files.Count == 0 && form.All(IsPlain),
                form.Files.Count > 0 ? form.Files[0].Name : form.FirstOrDefault(f => !IsPlain(f)).Key
            );
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return (false, null);
        }
    }

    // Only what could be one of our fields is said again, without the brackets of an array.
    private static string? NameOf(string? field)
    {
        var name = field?.Split('[')[0] ?? "";
        return name.Length is > 0 and <= 40 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
            ? name
            : null;
    }

    // A name with brackets is an array to the model binder, which would take it for the field.
    private static bool IsPlain(KeyValuePair<string, StringValues> field) =>
        field.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && IsPlainValue(field);

    private static bool IsPlainValue(KeyValuePair<string, StringValues> field) =>
        field.Value is [{ } value]
            && value.Length <= (LongFields.Contains(field.Key) ? LongestLongValue : LongestValue)
            && (SecretFields.Contains(field.Key) ? IsSecret(value) : PlainText.Is(value))
        || field.Value is [null or ""];

    // A password may hold anything that can be typed; what turns the text around cannot.
    private static bool IsSecret(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || IsDirection(rune))
            {
                return false;
            }
        }

        return true;
    }

    // Marks that turn the direction of text make one thing look like another.
    private static bool IsDirection(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
        && rune.Value is >= 0x200E and <= 0x200F or >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or 0x061C;
}
