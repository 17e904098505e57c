using System.Text.Json;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>What the endpoints of receivers have in common.</summary>
internal static class SignalRequests
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The body, if it is a JSON object.</summary>
    public static async Task<JsonElement?> ReadAsync(HttpContext http)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, Strict, http.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object && IsText(document.RootElement)
                ? document.RootElement.Clone()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Half a surrogate pair is a string to JSON and none to .NET; the character 0 is none to PostgreSQL.
    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object => element.EnumerateObject().All(p => !p.Name.Contains('\0') && IsText(p.Value)),
                JsonValueKind.Array => element.EnumerateArray().All(IsText),
                JsonValueKind.String => !element.GetString()!.Contains('\0'),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The string of a property; null when it is not there or is no string.</summary>
    public static string? Text(this JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The stream, if it is the client's own: others get the same answer as for none.</summary>
    public static Task<SignalStream?> FindStreamAsync(this IdpDbContext context, HttpContext http, string? streamId)
    {
        var clientId = SignalAccess.ClientOf(http);
        return context
            .Set<SignalStream>()
            .SingleOrDefaultAsync(s => s.Id == streamId && s.ClientId == clientId, http.RequestAborted);
    }

    public static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    public static IResult NotJson() => Bad("The body must be a JSON object.");

    public static IResult NoStream() =>
        Results.Problem("There is no such stream.", statusCode: StatusCodes.Status404NotFound);
}
