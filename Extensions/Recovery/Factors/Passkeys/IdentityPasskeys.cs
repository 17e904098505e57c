using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Passkeys by ASP.NET Core Identity's handler and in its table (schema version 3).</summary>
internal sealed class IdentityPasskeys<TUser>(UnitOfWork work, IPasskeyHandler<TUser> handler) : IPasskeys
    where TUser : IdentityUser
{
    private const int FlagsOffset = 32;
    private const int UserVerifiedFlag = 0x04;
    private const int LongestCredential = 16 * 1024;

    // Security: threat 2. The handler finds domain and origin in its options; this has no Host to fall back to.
    private readonly HttpContext nothingOfTheRequest = new DefaultHttpContext();

    private DbSet<IdentityUserPasskey<string>> Passkeys => work.Context.Set<IdentityUserPasskey<string>>();

    public async Task<(string OptionsJson, string HandlerState)> DescribeCreationAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var made = await handler.MakeCreationOptionsAsync(
            new PasskeyUserEntity
            {
                Id = account.Id,
                Name = account.Email,
                DisplayName = account.DisplayName ?? account.Email,
            },
            nothingOfTheRequest
        );
        Forget();
        return (
            made.CreationOptionsJson,
            made.AttestationState ?? throw new InvalidOperationException("The passkey handler gave no state.")
        );
    }

    public async Task<(string OptionsJson, string HandlerState)> DescribeUseAsync(
        string? accountId,
        CancellationToken cancellationToken
    )
    {
        var user = accountId is null
            ? null
            : await work.Context.Set<TUser>().AsNoTracking().SingleAsync(u => u.Id == accountId, cancellationToken);
        var made = await handler.MakeRequestOptionsAsync(user, nothingOfTheRequest);
        Forget();
        return (
            user is null ? WithVerification(made.RequestOptionsJson) : made.RequestOptionsJson,
            made.AssertionState ?? throw new InvalidOperationException("The passkey handler gave no state.")
        );
    }

    public async Task<UserPasskeyInfo?> CheckCreationAsync(
        string handlerState,
        string credentialJson,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (credentialJson.Length > LongestCredential)
        {
            return null;
        }

        var result = await handler.PerformAttestationAsync(
            new PasskeyAttestationContext
            {
                HttpContext = nothingOfTheRequest,
                CredentialJson = credentialJson,
                AttestationState = handlerState,
            }
        );
        Forget();
        return result.Succeeded ? result.Passkey : null;
    }

    public async Task<PasskeyUse?> CheckUseAsync(
        string handlerState,
        string credentialJson,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (credentialJson.Length > LongestCredential)
        {
            return null;
        }

        var result = await handler.PerformAssertionAsync(
            new PasskeyAssertionContext
            {
                HttpContext = nothingOfTheRequest,
                CredentialJson = credentialJson,
                AssertionState = handlerState,
            }
        );
        Forget();
        return result.Succeeded ? new(result.User.Id, result.Passkey, WasVerified(credentialJson)) : null;
    }

    public async Task<Passkey?> AddAsync(
        string accountId,
        UserPasskeyInfo passkey,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(accountId, cancellationToken);
        if (await CountAsync(accountId, cancellationToken) >= limit)
        {
            return null;
        }

        var added = new IdentityUserPasskey<string>
        {
            UserId = accountId,
            CredentialId = passkey.CredentialId,
            Data = new()
            {
                PublicKey = passkey.PublicKey,
                Name = passkey.Name,
                CreatedAt = work.Now,
                SignCount = passkey.SignCount,
                Transports = passkey.Transports,
                IsUserVerified = passkey.IsUserVerified,
                IsBackupEligible = passkey.IsBackupEligible,
                IsBackedUp = passkey.IsBackedUp,
                AttestationObject = passkey.AttestationObject,
                ClientDataJson = passkey.ClientDataJson,
            },
        };
        Passkeys.Add(added);
        return Describe(added);
    }

    public async Task<bool> RecordUseAsync(PasskeyUse use, CancellationToken cancellationToken)
    {
        await LockAsync(use.AccountId, cancellationToken);
        var kept = await Passkeys.SingleOrDefaultAsync(
            p => p.UserId == use.AccountId && p.CredentialId == use.Passkey.CredentialId,
            cancellationToken
        );
        if (kept is null || IsStale(use.Passkey.SignCount, kept.Data.SignCount))
        {
            return false;
        }

        kept.Data.SignCount = use.Passkey.SignCount;
        kept.Data.IsBackedUp = use.Passkey.IsBackedUp;
        return true;
    }

    public async Task<IReadOnlyList<Passkey>> ListAsync(string accountId, CancellationToken cancellationToken)
    {
        var kept = await Passkeys.AsNoTracking().Where(p => p.UserId == accountId).ToListAsync(cancellationToken);
        return [.. kept.OrderBy(p => p.Data.CreatedAt).Select(Describe)];
    }

    public Task<int> CountAsync(string accountId, CancellationToken cancellationToken) =>
        Passkeys.CountAsync(p => p.UserId == accountId, cancellationToken);

    public async Task<bool> RenameAsync(
        string accountId,
        string? passkeyId,
        string name,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(accountId, cancellationToken);
        if (
            Read(passkeyId) is not { } id
            || await Passkeys.SingleOrDefaultAsync(
                p => p.UserId == accountId && p.CredentialId == id,
                cancellationToken
            )
                is not { } kept
        )
        {
            return false;
        }

        kept.Data.Name = name;
        return true;
    }

    public Task<int> RemoveAllAsync(string accountId, CancellationToken cancellationToken) =>
        Passkeys.Where(p => p.UserId == accountId).ExecuteDeleteAsync(cancellationToken);

    public async Task<bool> RemoveAsync(string accountId, string? passkeyId, CancellationToken cancellationToken) =>
        Read(passkeyId) is { } id
        && await Passkeys
            .Where(p => p.UserId == accountId && p.CredentialId == id)
            .ExecuteDeleteAsync(cancellationToken) == 1;

    // A passkey's data is one JSON document, which no guarded update can reach into: whoever changes passkeys of an
    // account waits for the others at the account's row.
    private Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        work
            .Context.Set<TUser>()
            .Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount),
                cancellationToken
            );

    // Security: threat 9. The handler's own rule (WebAuthn 7.2, step 22), once more where nobody can come between.
    private static bool IsStale(uint now, uint before) => (now != 0 || before != 0) && now <= before;

    private static Passkey Describe(IdentityUserPasskey<string> kept) =>
        new(
            Base64Url.EncodeToString(kept.CredentialId),
            kept.Data.Name ?? "",
            kept.Data.CreatedAt,
            kept.Data.IsBackedUp,
            kept.Data.Transports is { Length: > 0 } ways && !ways.Contains("internal")
        );

    private static byte[]? Read(string? passkeyId) =>
        !string.IsNullOrEmpty(passkeyId) && Base64Url.IsValid(passkeyId) ? Base64Url.DecodeFromChars(passkeyId) : null;

    // Without a password it is the only thing between a found device and the account.
    private static string WithVerification(string optionsJson)
    {
        var options = JsonNode.Parse(optionsJson)!;
        options["userVerification"] = "required";
        return options.ToJsonString();
    }

    // The handler has parsed and verified these very bytes.
    private static bool WasVerified(string credentialJson)
    {
        using var credential = JsonDocument.Parse(credentialJson);
        var data = credential.RootElement.GetProperty("response").GetProperty("authenticatorData").GetString();
        return (Base64Url.DecodeFromChars(data)[FlagsOffset] & UserVerifiedFlag) != 0;
    }

    // The handler's reads are tracked, and would stand for rows that others have changed since.
    private void Forget()
    {
        foreach (
            var entry in work
                .Context.ChangeTracker.Entries()
                .Where(e =>
                    e.State == EntityState.Unchanged
                    && e.Entity is TUser or IdentityUserPasskey<string> or IdentityPasskeyData
                )
                .ToList()
        )
        {
            entry.State = EntityState.Detached;
        }
    }
}
