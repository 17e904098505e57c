using IdP.Recovery;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Recovery.Tests.Hosting;

/// <summary>As the template of ASP.NET Core makes it: keys of text, times as the database keeps them, no passkeys.</summary>
internal sealed class TemplateContext(DbContextOptions<TemplateContext> options) : IdentityDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseAccountRecovery(this);
    }
}

/// <summary>The same before the plugin came.</summary>
internal sealed class PlainContext(DbContextOptions<PlainContext> options) : IdentityDbContext(options);

internal sealed class GuidUser : IdentityUser<Guid>
{
    public string? Department { get; set; }
}

internal sealed class GuidRole : IdentityRole<Guid>
{
    public int Rank { get; set; }
}

/// <summary>Keys, users and roles of types of its own; with passkeys.</summary>
internal sealed class GuidContext(DbContextOptions<GuidContext> options)
    : IdentityDbContext<GuidUser, GuidRole, Guid>(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseAccountRecovery(this);
    }
}

/// <summary>Keys that the database counts, and no roles.</summary>
internal sealed class NumberContext(DbContextOptions<NumberContext> options)
    : IdentityUserContext<IdentityUser<int>, int>(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseAccountRecovery(this);
    }
}

/// <summary>Keys of a type that nobody has thought of.</summary>
internal sealed class OddContext(DbContextOptions<OddContext> options)
    : IdentityUserContext<IdentityUser<short>, short>(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseAccountRecovery(this);
    }
}

/// <summary>Comes too early with the plugin's tables.</summary>
internal sealed class HastyContext(DbContextOptions<HastyContext> options) : IdentityDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        builder.UseAccountRecovery(this);
        base.OnModelCreating(builder);
    }
}

/// <summary>All tables in a schema of their own.</summary>
internal sealed class SchemaContext(DbContextOptions<SchemaContext> options) : IdentityDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema("identity");
        builder.UseAccountRecovery(this);
    }
}
