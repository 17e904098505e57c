using System.Globalization;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdP.Recovery;

/// <summary>
/// An account's id: text everywhere in this plugin, whatever type the host's users have. A text key is itself; any other is
/// written as .NET writes it, here and by the database.
/// </summary>
/// <typeparam name="TKey"><see cref="string"/>, <see cref="Guid"/>, <see cref="int"/> or <see cref="long"/>.</typeparam>
internal static class AccountKey<TKey>
    where TKey : IEquatable<TKey>
{
    /// <summary>The id of a user's key; in queries too.</summary>
    public static string Text(TKey key) => Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The key behind an id; one that no user has where it is none.</summary>
    public static TKey? Parse(string? id) =>
        typeof(TKey) == typeof(string) ? (TKey?)(object?)id
        : typeof(TKey) == typeof(Guid) ? (TKey)(object)(Guid.TryParse(id, out var guid) ? guid : Guid.Empty)
        : typeof(TKey) == typeof(int) ? (TKey)(object)(int.TryParse(id, Digits, Invariant, out var small) ? small : 0)
        : (TKey)(object)(long.TryParse(id, Digits, Invariant, out var large) ? large : 0L);

    /// <summary>The keys behind ids.</summary>
    public static List<TKey> Parse(IEnumerable<string> ids) => [.. ids.Select(Parse).OfType<TKey>()];

    public static void Map(ModelBuilder builder, RelationalTypeMapping text) =>
        builder
            .HasDbFunction(typeof(AccountKey<TKey>).GetMethod(nameof(Text))!)
            .HasTranslation(a => Translate(a[0], text));

    private static NumberStyles Digits => NumberStyles.None;

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    // A database may keep capitals in a Guid, .NET writes none.
    private static SqlExpression Translate(SqlExpression key, RelationalTypeMapping inText)
    {
        if (typeof(TKey) == typeof(string))
        {
            return key;
        }

        var text = new SqlUnaryExpression(ExpressionType.Convert, key, typeof(string), inText);
        return typeof(TKey) == typeof(Guid)
            ? new SqlFunctionExpression("lower", [text], nullable: true, [true], typeof(string), inText)
            : text;
    }
}
