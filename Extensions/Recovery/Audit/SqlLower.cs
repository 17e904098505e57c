using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>SQL's <c>lower</c>, which both databases have; the analyzer forbids <c>ToLower</c> itself.</summary>
internal static class SqlLower
{
    public static string? Of(string? text) =>
        throw new NotSupportedException($"Only a database can do this to '{text}'.");

    public static void Map(ModelBuilder builder) =>
        builder.HasDbFunction(typeof(SqlLower).GetMethod(nameof(Of))!).HasName("lower").IsBuiltIn();
}
