using System.DirectoryServices.Protocols;
using IdP.Recovery.Endpoints;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Ldap;

/// <summary>
/// Speaks to an LDAP directory, never in clear: a new password by the operation of RFC 3062, and a lock by
/// <c>pwdAccountLockedTime</c> of its password policy (draft-behera-ldap-password-policy). What was written is looked at.
/// </summary>
internal sealed class LdapConnector(OutgoingNetwork network, IOptions<EndpointOptions> options) : IEndpointConnector
{
    public const string KindName = "ldap";

    private const string Url = "url";
    private const string BindDn = "bindDn";
    private const string BindPassword = "bindPassword";
    private const string BaseDn = "baseDn";
    private const string Filter = "filter";
    private const string Lock = "lock";
    private const string ByPolicy = "ppolicy";

    // RFC 3062.
    private const string ModifyPassword = "1.3.6.1.4.1.4203.1.11.1";
    private const byte UserIdentity = 0x80;
    private const byte NewPassword = 0x82;

    private const string LockedTime = "pwdAccountLockedTime";

    // Until somebody takes it back.
    private const string ForGood = "000001010000Z";

    public string Kind => KindName;

    public IReadOnlyList<EndpointField> Fields { get; } =
    [
        new(Url, EndpointFieldType.Address) { Schemes = ["ldaps", "ldap"] },
        new(BindDn, EndpointFieldType.Text),
        new(BindPassword, EndpointFieldType.Secret),
        new(BaseDn, EndpointFieldType.Text),
        new(Filter, EndpointFieldType.Text, Required: false, "(mail={email})"),
        new(Lock, EndpointFieldType.Choice, Required: false, ByPolicy) { Choices = [ByPolicy, "none"] },
    ];

    public CredentialChanges Changes => CredentialChanges.PasswordChanged | CredentialChanges.Closing;

    public bool TakesPassword(EndpointSettings settings) => true;

    public Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken) =>
        SpeakAsync(
            delivery.Settings,
            directory =>
            {
                var (dn, flaw) = directory.Find(delivery.Settings, delivery.Account);
                if (dn is null)
                {
                    return flaw!;
                }

                // One that it takes already came here at an earlier try, and a directory that remembers passwords would not
                // take it twice.
                if (
                    delivery.Password is { } password
                    && !(delivery.Account.Open && directory.Takes(dn, password))
                    && directory.SetPassword(dn, password) is { } refused
                )
                {
                    return refused;
                }

                // A new password also takes a lock back, which may be one that stays.
                var locks = delivery.Closes && delivery.Settings.Of(Lock) == ByPolicy;
                if (locks)
                {
                    directory.SetLocked(dn, !delivery.Account.Open);
                }

                var isSo =
                    (!locks || directory.IsLocked(dn) != delivery.Account.Open)
                    && (delivery.Password is not { } fresh || !delivery.Account.Open || directory.Takes(dn, fresh));
                return isSo ? new DeliveryOutcome.Applied() : new DeliveryOutcome.NotYet(DeliveryFlaw.Drifted);
            },
            cancellationToken
        );

    public Task<DeliveryOutcome> TestAsync(EndpointSettings settings, CancellationToken cancellationToken) =>
        SpeakAsync(
            settings,
            directory =>
            {
                directory.ReadBase(settings.Of(BaseDn));
                return new DeliveryOutcome.Applied();
            },
            cancellationToken
        );

    public async Task<EndpointAgreement?> CompareAsync(
        EndpointSettings settings,
        EndpointAccount account,
        CancellationToken cancellationToken
    ) =>
        await SpeakAsync(
            settings,
            directory =>
            {
                var (dn, flaw) = directory.Find(settings, account);
                return dn is null ? flaw!
                    : settings.Of(Lock) != ByPolicy || directory.IsLocked(dn) != account.Open
                        ? new DeliveryOutcome.Applied()
                    : new DeliveryOutcome.Refused(DeliveryFlaw.Drifted);
            },
            cancellationToken
        ) switch
        {
            DeliveryOutcome.Refused refused => new EndpointAgreement(Agrees: false, refused.Flaw),
            DeliveryOutcome.NotYet notYet => new EndpointAgreement(Agrees: false, notYet.Flaw),
            _ => new EndpointAgreement(Agrees: true),
        };

    // The library waits in its thread; who waits for it waits for no longer than a service may take.
    private async Task<DeliveryOutcome> SpeakAsync(
        EndpointSettings settings,
        Func<Directory, DeliveryOutcome> speak,
        CancellationToken cancellationToken
    )
    {
        var uri = new Uri(settings.Of(Url));
        if (await DirectoryReach.FlawAsync(network, uri, options.Value.Timeout, cancellationToken) is { } unreachable)
        {
            return new DeliveryOutcome.NotYet(unreachable);
        }

        // Security: threat 10. Whoever is not waited for any more writes nothing later, when something newer may be there.
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await Task.Run(
                    () =>
                    {
                        using var directory = Directory.Open(
                            uri,
                            settings.Of(BindDn),
                            settings.Of(BindPassword),
                            options.Value.Timeout,
                            waited.Token
                        );
                        return speak(directory);
                    },
                    cancellationToken
                )
                .WaitAsync(2 * options.Value.Timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut);
        }
        catch (TlsOperationException)
        {
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Certificate);
        }
        catch (DirectoryOperationException exception)
        {
            return LdapResults.Outcome(exception.Response, sendsPassword: false);
        }
        catch (LdapException exception)
        {
            return LdapResults.Outcome(exception);
        }
        finally
        {
            await waited.CancelAsync();
        }
    }

    /// <summary>A connection that is encrypted, and bound as the service account.</summary>
    private sealed class Directory(LdapConnection connection, Func<LdapConnection> another, CancellationToken waited)
        : IDisposable
    {
        public static Directory Open(Uri uri, string dn, string password, TimeSpan timeout, CancellationToken waited)
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

        public (string? Dn, DeliveryOutcome? Flaw) Find(EndpointSettings settings, EndpointAccount account)
        {
            if (account.Target is { } known)
            {
                return (known, null);
            }

            var filter = settings
                .Of(Filter)
                .Replace("{email}", LdapFilter.Escape(account.Email), StringComparison.Ordinal)
                .Replace("{userName}", LdapFilter.Escape(account.UserName), StringComparison.Ordinal)
                .Replace("{id}", LdapFilter.Escape(account.Id), StringComparison.Ordinal);
            var search = new SearchRequest(settings.Of(BaseDn), filter, SearchScope.Subtree, "1.1") { SizeLimit = 2 };
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

        public bool Takes(string dn, string password)
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
        }

        public void Dispose() => connection.Dispose();
    }
}
