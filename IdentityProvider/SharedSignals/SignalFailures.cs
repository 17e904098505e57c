using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>Ends events: taken by the receiver, or refused by it for good (RFC 8935, 2.4; RFC 8936, 2.6).</summary>
internal static class SignalFailures
{
    public const int ErrorLength = 64;
    public const int DescriptionLength = 256;

    public static Task<int> TakenAsync(
        this IQueryable<SignalEvent> events,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) => events.ExecuteUpdateAsync(set => set.SetProperty(e => e.EndedAt, now), cancellationToken);

    /// <summary>Keeps <c>err</c> and <c>description</c> of what the receiver said.</summary>
    public static Task<int> RefusedAsync(
        this IQueryable<SignalEvent> events,
        JsonElement? said,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var error = Shorten(said?.Text("err"), ErrorLength) ?? "unknown";
        var description = Shorten(said?.Text("description"), DescriptionLength);
        return events.ExecuteUpdateAsync(
            set =>
                set.SetProperty(e => e.EndedAt, now)
                    .SetProperty(e => e.Error, error)
                    .SetProperty(e => e.ErrorDescription, description),
            cancellationToken
        );
    }

    // PostgreSQL keeps no NUL, and nobody needs a control character.
    private static string? Shorten(string? text, int length) =>
        text is null ? null : new([.. text.Where(c => !char.IsControl(c)).Take(length)]);
}
