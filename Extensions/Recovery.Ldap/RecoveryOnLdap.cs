using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Ldap;

/// <summary>Adds the kind.</summary>
public static class RecoveryOnLdap
{
    /// <summary>
    /// Lets an administrator make endpoints of the kind <c>ldap</c>. On Linux the machine must have OpenLDAP's library
    /// (Debian: <c>libldap-2.5-0</c> or later), which trusts the authorities of <c>LDAPTLS_CACERT</c> or its
    /// <c>ldap.conf</c>.
    /// </summary>
    public static IServiceCollection AddRecoveryEndpointsOnLdap(this IServiceCollection services) =>
        services.AddEndpointConnector<LdapConnector>();
}
