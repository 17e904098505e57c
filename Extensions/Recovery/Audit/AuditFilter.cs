using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>Which events are looked for; a part that is null takes all.</summary>
public sealed record AuditFilter
{
    /// <summary>
    /// One of <see cref="AuditEventTypes"/>, or how several of them begin: <c>password-reset.</c>, <c>factor</c>.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>The account it happened to.</summary>
    public string? AccountId { get; init; }

    /// <summary>Who did it: an account's id, or <c>command-line</c>.</summary>
    public string? ActorId { get; init; }

    /// <summary>Not earlier than this.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Earlier than this.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>A reason of the fixed lists, or a part of one in a person's own words, in capitals or not.</summary>
    public string? Text { get; init; }

    /// <summary>A reason of the fixed lists that they do not have.</summary>
    public string? ExceptReason { get; init; }

    internal IQueryable<AuditEvent> Apply(IQueryable<AuditEvent> events)
    {
        if (Type is { } type)
        {
            // A list of names uses the index on every database; a pattern does not.
            string[] types = [type, .. AuditTypes.All.Where(t => t.StartsWith(type, StringComparison.Ordinal))];
            events = events.Where(e => types.Contains(e.Type));
        }

        if (AccountId is { } account)
        {
            events = events.Where(e => e.AccountId == account);
        }

        if (ActorId is { } actor)
        {
            events = events.Where(e => e.ActorId == actor);
        }

        if (From is { } from)
        {
            var (utc, first) = (from.ToUniversalTime(), FirstIdOf(from));
            events = events.Where(e => e.At >= utc && e.Id.CompareTo(first) >= 0);
        }

        if (To is { } to)
        {
            var (utc, next) = (to.ToUniversalTime(), FirstIdOf(to, after: 1));
            events = events.Where(e => e.At < utc && e.Id.CompareTo(next) < 0);
        }

        if (Text is { } text)
        {
            var part = $"%{Escape(text.ToLowerInvariant())}%";
            events = events.Where(e => e.Reason == text || EF.Functions.Like(SqlLower.Of(e.Why)!, part, @"\"));
        }

        if (ExceptReason is { } except)
        {
            events = events.Where(e => e.Reason == null || e.Reason != except);
        }

        return events;
    }

    // An id begins with the milliseconds of its event's time (RFC 9562, 5.7), so that the order of a page can be cut too.
    private static Guid FirstIdOf(DateTimeOffset at, long after = 0)
    {
        Span<byte> id = stackalloc byte[16];
        id.Clear();
        var milliseconds = Math.Max(0, at.ToUnixTimeMilliseconds() + after);
        BinaryPrimitives.WriteInt64BigEndian(id, milliseconds << 16);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>Such as <c>type=factor.&amp;from=2026-03-14T00:00:00Z</c>, as far as it fits an event's subject.</summary>
    internal string? Describe()
    {
        var parts = new (string Name, string? Value)[]
        {
            ("type", Type),
            ("account", AccountId),
            ("actor", ActorId),
            ("from", Time(From)),
            ("to", Time(To)),
            ("text", Text),
            ("except", ExceptReason),
        }
            .Where(p => p.Value is not null)
            .Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}");
        var all = string.Join('&', parts);
        return all.Length == 0 ? null : all[..Math.Min(all.Length, RecoverableAccount.MaxIdLength)];
    }

    private static string? Time(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Escape(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal);
}

/// <summary>The list of the types.</summary>
public static class AuditTypes
{
    /// <summary>Every constant of <see cref="AuditEventTypes"/>, in alphabetical order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. typeof(AuditEventTypes)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f.IsLiteral)
            .Select(f => (string)f.GetRawConstantValue()!)
            .Order(StringComparer.Ordinal),
    ];
}
