using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdP.Recovery.Lockout;

/// <summary>
/// Compares <c>LockoutEnd</c> as the host's own model keeps it, which on SQLite may be a text with an offset that EF has no
/// comparison for.
/// </summary>
internal static class LockoutEnds
{
    /// <summary>
    /// What 'this was not me' leaves: a time of its own, so that nobody takes what a host has closed for ever for it.
    /// </summary>
    public static readonly DateTimeOffset UntilReset = new(9999, 12, 30, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// When the longest lock ends that failures may have brought about. What lasts longer was set by somebody who means it: a
    /// host closes an account so. Where this plugin signs people in, nobody else writes the column.
    /// </summary>
    public static DateTimeOffset Longest(
        DateTimeOffset now,
        HostSignIn signIn,
        Microsoft.AspNetCore.Identity.LockoutOptions identity
    ) => signIn.IsOfHost ? now + identity.DefaultLockoutTimeSpan : now.AddYears(1000);

    /// <summary>Whether a lock lasts longer than to an instant; only in queries.</summary>
    public static bool IsAfter(DateTimeOffset? end, DateTimeOffset than) => end > than;

    public static void Map(ModelBuilder builder, RelationalTypeMapping truth, bool onSqlite) =>
        builder
            .HasDbFunction(typeof(LockoutEnds).GetMethod(nameof(IsAfter))!)
            .HasTranslation(arguments => Translate(arguments[0], arguments[1], truth, onSqlite));

    private static SqlExpression Translate(
        SqlExpression end,
        SqlExpression than,
        RelationalTypeMapping truth,
        bool onSqlite
    )
    {
        than = than switch
        {
            SqlParameterExpression parameter => parameter.ApplyTypeMapping(end.TypeMapping),
            SqlConstantExpression constant => new SqlConstantExpression(constant.Value, constant.Type, end.TypeMapping),
            _ => than,
        };
        if (!onSqlite || end.TypeMapping is { Converter: not null })
        {
            return Binary(ExpressionType.GreaterThan, end, than, truth);
        }

        // The last instant that .NET knows lies beyond SQLite's: whatever it cannot read, a lock among it, lasts.
        var forever = new SqlConstantExpression(6e6, DoubleTypeMapping.Default);
        return Binary(
            ExpressionType.AndAlso,
            new SqlUnaryExpression(ExpressionType.NotEqual, end, typeof(bool), truth),
            Binary(
                ExpressionType.GreaterThan,
                Call("coalesce", Call("julianday", end), forever),
                Call("julianday", than),
                truth
            ),
            truth
        );
    }

    private static SqlBinaryExpression Binary(
        ExpressionType how,
        SqlExpression left,
        SqlExpression right,
        RelationalTypeMapping truth
    ) => new(how, left, right, typeof(bool), truth);

    private static SqlFunctionExpression Call(string name, params SqlExpression[] arguments) =>
        new(
            name,
            arguments,
            nullable: true,
            argumentsPropagateNullability: arguments.Select(_ => false),
            typeof(double),
            DoubleTypeMapping.Default
        );
}
