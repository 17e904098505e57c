using System.CommandLine;
using System.Runtime.CompilerServices;
using IdentityProvider.Api;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;

namespace IdentityProvider.CommandLine;

internal static class ListUsersCommand
{
    private const int PageSize = 200;

    private enum Status
    {
        Locked,
        Suspended,
    }

    public static Command Create()
    {
        var search = new Option<string?>("--search")
        {
            Description = "How the address, the name or the family name begins.",
        };
        var status = new Option<Status?>("--status") { Description = "Locked or Suspended." };
        var mfa = new Option<MfaStatusFilter?>("--mfa")
        {
            Description =
                "Where they stand with their second factor: Enrolled, InEnrollment, Expired, NotEnrolled or NotRequired.",
        };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "list",
            """
            List people's accounts by their address, each with where it stands with its second factor.

            Examples:
              IdentityProvider users list --status locked
              IdentityProvider users list --search grace --mfa notenrolled --json
            """
        )
        {
            search,
            status,
            mfa,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var chosen = parsed.GetValue(status);
                        var found = FindAsync(
                            services,
                            new AccountFilter
                            {
                                Search = parsed.GetValue(search),
                                Locked = chosen == Status.Locked ? true : null,
                                Suspended = chosen == Status.Suspended ? true : null,
                                Mfa = parsed.GetValue(mfa),
                            },
                            cancelled
                        );
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(await found.ToListAsync(cancelled));
                            return ExitCodes.Done;
                        }

                        await foreach (var user in found)
                        {
                            Console.Out.WriteLine(
                                $"{user.Email} {user.MfaStatus}"
                                    + (user.Locked ? " locked" : "")
                                    + (user.Suspended ? " suspended" : "")
                            );
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static async IAsyncEnumerable<UserSummary> FindAsync(
        IServiceProvider services,
        AccountFilter filter,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var directory = services.GetRequiredService<IAccountDirectory>();
        var statuses = services.GetRequiredService<EnrollmentStatuses>();
        string? after = null;
        do
        {
            var page = await directory.ListAsync(filter, AccountOrder.Email, after, PageSize, cancellationToken);
            foreach (var account in page.Accounts)
            {
                yield return UserSummary.Of(account, statuses.Of(account));
            }

            after = page.Next;
        } while (after is not null);
    }
}
