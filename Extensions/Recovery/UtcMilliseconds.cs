using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace IdP.Recovery;

/// <summary>
/// Keeps a time as the milliseconds since 1970 in UTC: on SQLite, which cannot compare texts with offsets. The plugin's own
/// columns are kept so there; a host may keep its own so too.
/// </summary>
public sealed class UtcMilliseconds()
    : ValueConverter<DateTimeOffset, long>(
        value => value.ToUnixTimeMilliseconds(),
        value => DateTimeOffset.FromUnixTimeMilliseconds(value)
    );
