using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.OpenId;

/// <summary>
/// Ending the access of an account looks for its tokens and grants whatever the application, which the engine's own indexes,
/// led by the application, do not serve.
/// </summary>
internal sealed class GrantConfiguration
    : IEntityTypeConfiguration<OpenIddictEntityFrameworkCoreToken>,
        IEntityTypeConfiguration<OpenIddictEntityFrameworkCoreAuthorization>
{
    public void Configure(EntityTypeBuilder<OpenIddictEntityFrameworkCoreToken> builder) =>
        builder.HasIndex(t => new { t.Subject, t.Status });

    public void Configure(EntityTypeBuilder<OpenIddictEntityFrameworkCoreAuthorization> builder) =>
        builder.HasIndex(a => new { a.Subject, a.Status });
}
