using IdentityProvider.Data;
using Npgsql;
using Xunit;

namespace IdentityProvider.Tests.Data;

/// <summary>What a connection string does not say is set for speed, and what it says holds.</summary>
public sealed class PostgreSqlSettingsTests
{
    [Fact]
    public void Connections_are_not_reset_and_statements_are_prepared()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlSettings.Complete("Host=db;Database=idp"));

        Assert.Equal(("db", "idp"), (settings.Host, settings.Database));
        Assert.True(settings.NoResetOnClose);
        Assert.Equal(100, settings.MaxAutoPrepare);
    }

    [Theory]
    [InlineData("Host=db;No Reset On Close=false;Max Auto Prepare=0")]
    [InlineData("Host=db;NoResetOnClose=False;MaxAutoPrepare=0")]
    public void What_somebody_has_set_holds(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlSettings.Complete(connection));

        Assert.False(settings.NoResetOnClose);
        Assert.Equal(0, settings.MaxAutoPrepare);
    }
}
