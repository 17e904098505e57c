using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityProvider.Api;

/// <summary>Reads a body: what nobody knows or what has another type is refused, with a pointer to it.</summary>
internal static class ApiBody
{
    /// <summary>How many bytes an order for many users may have: 100,000 of them, with room.</summary>
    public const int LargestOfMany = 8 * 1024 * 1024;

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, false) },
    };

    /// <summary>The body, or the problem with it; an empty one counts as <c>{}</c>.</summary>
    public static (T? Body, ApiAnswer? Problem) Read<T>(HttpContext http, byte[] body)
        where T : class
    {
        if (body.Length > 0 && !http.Request.HasJsonContentType())
        {
            return (null, ApiProblem.UnsupportedMediaType.Answer());
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body.Length == 0 ? "{}"u8 : body, Json) is { } read
                ? (read, null)
                : (null, ApiProblem.InvalidJson.Answer());
        }
        catch (JsonException exception)
        {
            return (
                null,
                Pointer(exception.Path) is { Length: > 0 } pointer
                    ? ApiProblem.InvalidJson.Answer(
                        new ApiError(pointer, "It is unknown here, or must be of another type.")
                    )
                    : ApiProblem.InvalidJson.Answer()
            );
        }
    }

    // '$.factors[0]' is '/factors/0'; a name with signs of its own ends the pointer before it.
    private static string Pointer(string? path) =>
        path is not null && path.StartsWith('$') && !path.Contains("['", StringComparison.Ordinal)
            ? path[1..]
                .Replace('.', '/')
                .Replace("[", "/", StringComparison.Ordinal)
                .Replace("]", "", StringComparison.Ordinal)
            : "";
}
