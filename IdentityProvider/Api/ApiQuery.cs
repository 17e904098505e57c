using System.Globalization;

namespace IdentityProvider.Api;

/// <summary>What the lists have in common: <c>limit</c> and <c>cursor</c>.</summary>
internal static class ApiQuery
{
    public const int MostOfPage = 200;
    public const int DefaultPage = 50;

    /// <summary>The limit; null when it is out of range.</summary>
    public static int? Limit(string? text) =>
        text is null ? DefaultPage
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
        && limit is >= 1 and <= MostOfPage
            ? limit
        : null;

    /// <summary>Whether it can be an id: 1 to 128 visible ASCII characters.</summary>
    public static bool IsId(string? text) =>
        text is { Length: > 0 and <= LongestId } && text.All(c => c is > ' ' and <= '~');

    /// <summary>What is wrong with query parameters that hold ids; those that are not there are fine.</summary>
    public static IEnumerable<ApiError> CheckIds(params (string Name, string? Value)[] ids) =>
        ids.Where(i => i.Value is not null && !IsId(i.Value)).Select(i => new ApiError("?" + i.Name, IdRule));

    /// <summary>What an id must be.</summary>
    public const string IdRule = "It must be 1 to 128 visible ASCII characters.";

    private const int LongestId = 128;

    public static ApiError LimitError { get; } = new("?limit", $"It must be a whole number from 1 to {MostOfPage}.");

    /// <summary>Refuses parameters that the list does not know, so that a misspelled filter does not show everybody.</summary>
    public static ApiError[] Unknown(HttpContext http, params string[] known) =>
        [
            .. http
                .Request.Query.Keys.Where(k => !known.Contains(k, StringComparer.Ordinal))
                .Select(_ => new ApiError("?", $"Known are {string.Join(", ", known)}.")),
            .. http
                .Request.Query.Where(q => q.Value.Count > 1)
                .Select(q => new ApiError("?" + q.Key, "It must be given once.")),
        ];
}
