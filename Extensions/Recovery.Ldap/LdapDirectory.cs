using System.DirectoryServices.Protocols;
using IdP.Recovery.Endpoints;

namespace IdP.Recovery.Ldap;

/// <summary>A connection that is encrypted, and bound as the service account.</summary>
internal sealed class LdapDirectory(LdapConnection connection, Func<LdapConnection> another, CancellationToken waited)
    : IDisposable
{
    // RFC 3062.
    private const string ModifyPassword = "1.3.6.1.4.1.4203.1.11.1";
    private const byte UserIdentity = 0x80;
    private const byte NewPassword = 0x82;

    private const string LockedTime = "pwdAccountLockedTime";

    // Until somebody takes it back.
    private const string ForGood = "000001010000Z";

    // The library takes a signal that interrupts its waiting for a broken connection, and the runtime sends signals to its
    // threads; the option that would have it wait on (LDAP_OPT_RESTART) cannot be set from here.
    private const int Tries = 3;

    public static LdapDirectory Open(Uri uri, string dn, string password, TimeSpan timeout, CancellationToken waited) =>
        Again(() => OpenOnce(uri, dn, password, timeout, waited), waited);

    private static T Again<T>(Func<T> connect, CancellationToken waited)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return connect();
            }
            catch (Exception exception) when (tries < Tries && LdapResults.IsBroken(exception))
            {
                waited.ThrowIfCancellationRequested();
            }
        }
    }

    private static LdapDirectory OpenOnce(
        Uri uri,
        string dn,
        string password,
        TimeSpan timeout,
        CancellationToken waited
    )
    {
        var connection = Connect();
        try
        {
            connection.Bind(new System.Net.NetworkCredential(dn, password));
            return new(connection, Connect, waited);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        LdapConnection Connect()
        {
            var connecting = new LdapConnection(new LdapDirectoryIdentifier(uri.Host, DirectoryReach.PortOf(uri)))
            {
                AuthType = AuthType.Basic,
                AutoBind = false,
                Timeout = timeout,
            };
            try
            {
                connecting.SessionOptions.ProtocolVersion = 3;
                connecting.SessionOptions.ReferralChasing = ReferralChasingOptions.None;
                if (uri.Scheme == "ldaps")
                {
                    connecting.SessionOptions.SecureSocketLayer = true;
                }
                else
                {
                    Begin(connecting);
                    connecting.SessionOptions.StartTransportLayerSecurity(null);
                }

                return connecting;
            }
            catch
            {
                connecting.Dispose();
                throw;
            }
        }
    }

    // Asked for TLS alone, the library connects to nobody. What is asked here holds nothing, and may be refused.
    private static void Begin(LdapConnection connecting)
    {
        try
        {
            connecting.SendRequest(new SearchRequest("", "(objectClass=*)", SearchScope.Base, "1.1"));
        }
        catch (DirectoryOperationException) { }
    }

    public (string? Dn, DeliveryOutcome? Flaw) Find(string baseDn, string filterFormat, EndpointAccount account)
    {
        if (account.Target is { } known)
        {
            return (known, null);
        }

        var filter = filterFormat
            .Replace("{email}", LdapFilter.Escape(account.Email), StringComparison.Ordinal)
            .Replace("{userName}", LdapFilter.Escape(account.UserName), StringComparison.Ordinal)
            .Replace("{id}", LdapFilter.Escape(account.Id), StringComparison.Ordinal);
        var search = new SearchRequest(baseDn, filter, SearchScope.Subtree, "1.1") { SizeLimit = 2 };
        var found = ((SearchResponse)connection.SendRequest(search)).Entries;
        return found.Count switch
        {
            1 => (found[0].DistinguishedName, null),
            0 => (null, new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount)),
            _ => (null, new DeliveryOutcome.Refused(DeliveryFlaw.Ambiguous)),
        };
    }

    public void ReadBase(string dn) =>
        connection.SendRequest(new SearchRequest(dn, "(objectClass=*)", SearchScope.Base, "1.1"));

    /// <summary>Sets a password; why not, where the directory says no.</summary>
    public DeliveryOutcome? SetPassword(string dn, string password)
    {
        waited.ThrowIfCancellationRequested();
        try
        {
            connection.SendRequest(
                new ExtendedRequest(
                    ModifyPassword,
                    BerConverter.Encode("{tsts}", (int)UserIdentity, dn, (int)NewPassword, password)
                )
            );
            return null;
        }
        catch (DirectoryOperationException exception)
        {
            return LdapResults.Outcome(exception.Response, sendsPassword: true);
        }
    }

    // Replaced by nothing, it is gone, and it is no mistake if it was not there.
    public void SetLocked(string dn, bool locked)
    {
        waited.ThrowIfCancellationRequested();
        connection.SendRequest(
            locked
                ? new ModifyRequest(dn, DirectoryAttributeOperation.Replace, LockedTime, ForGood)
                : new ModifyRequest(dn, DirectoryAttributeOperation.Replace, LockedTime)
        );
    }

    // A lock of the directory's own, which has a time, is not ours.
    public bool IsLocked(string dn)
    {
        var search = new SearchRequest(dn, "(objectClass=*)", SearchScope.Base, LockedTime);
        var found = ((SearchResponse)connection.SendRequest(search)).Entries;
        return found.Count == 1
            && found[0].Attributes[LockedTime] is { Count: > 0 } value
            && (string)value.GetValues(typeof(string))[0] == ForGood;
    }

    public bool Takes(string dn, string password) =>
        Again(
            () =>
            {
                using var own = another();
                try
                {
                    own.Bind(new System.Net.NetworkCredential(dn, password));
                    return true;
                }
                catch (LdapException exception) when (exception.ErrorCode == LdapResults.InvalidCredentials)
                {
                    return false;
                }
            },
            waited
        );

    public void Dispose() => connection.Dispose();
}
