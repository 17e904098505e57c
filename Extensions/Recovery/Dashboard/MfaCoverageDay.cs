using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.Dashboard;

/// <summary>How many accounts had a second factor when a day began; a row of <c>RecoveryMfaCoverage</c>.</summary>
public sealed class MfaCoverageDay
{
    /// <summary>The day, in UTC.</summary>
    public DateOnly Day { get; init; }

    /// <summary>How many accounts had one.</summary>
    public int Enrolled { get; init; }

    /// <summary>How many accounts there were.</summary>
    public int Accounts { get; init; }
}

internal sealed class MfaCoverageDayConfiguration : IEntityTypeConfiguration<MfaCoverageDay>
{
    public void Configure(EntityTypeBuilder<MfaCoverageDay> builder)
    {
        builder.ToTable("RecoveryMfaCoverage");
        builder.HasKey(d => d.Day);
    }
}
