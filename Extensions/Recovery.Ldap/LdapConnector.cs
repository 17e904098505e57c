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
                var (dn, flaw) = Find(directory, delivery.Settings, delivery.Account);
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

    public async Task<DeliveryOutcome?> TestAsync(EndpointSettings settings, CancellationToken cancellationToken) =>
        await SpeakAsync(
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
                var (dn, flaw) = Find(directory, settings, account);
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
        Func<LdapDirectory, DeliveryOutcome> speak,
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
        var opened = false;
        try
        {
            return await Task.Run(
                    () =>
                    {
                        using var directory = LdapDirectory.Open(
                            uri,
                            settings.Of(BindDn),
                            settings.Of(BindPassword),
                            options.Value.Timeout,
                            waited.Token
                        );
                        opened = true;
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
            return LdapResults.Outcome(exception, opened);
        }
        finally
        {
            await waited.CancelAsync();
        }
    }

    private static (string? Dn, DeliveryOutcome? Flaw) Find(
        LdapDirectory directory,
        EndpointSettings settings,
        EndpointAccount account
    ) => directory.Find(settings.Of(BaseDn), settings.Of(Filter), account);
}
