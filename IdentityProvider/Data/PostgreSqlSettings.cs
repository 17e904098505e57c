using System.Data.Common;
using Npgsql;

namespace IdentityProvider.Data;

/// <summary>How connections to PostgreSQL are set, where the connection string does not say otherwise.</summary>
internal static class PostgreSqlSettings
{
    private const int PreparedStatements = 100;

    /// <summary>
    /// The connection string in full. Statements that come again and again are prepared, and a connection that goes back to
    /// its pool is not reset, since nothing here leaves anything in a session: a reset is a statement more for each use.
    /// </summary>
    /// <param name="connection">As in the settings.</param>
    public static string Complete(string connection)
    {
        var said = new DbConnectionStringBuilder { ConnectionString = connection }
            .Keys.Cast<string>()
            .Select(key => key.Replace(" ", "", StringComparison.Ordinal))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var settings = new NpgsqlConnectionStringBuilder(connection);
        if (!said.Contains(nameof(settings.NoResetOnClose)))
        {
            settings.NoResetOnClose = true;
        }

        if (!said.Contains(nameof(settings.MaxAutoPrepare)))
        {
            settings.MaxAutoPrepare = PreparedStatements;
        }

        return settings.ConnectionString;
    }
}
