using IdentityProvider.Accounts;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>People for a list of many.</summary>
internal static class ManyPeople
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static string Short(string id) =>
        System.Buffers.Text.Base64Url.EncodeToString(Guid.Parse(id).ToByteArray(bigEndian: true));

    public static async Task<List<string>> AddPeopleAsync(
        this ProviderFixture host,
        int count,
        Func<int, string?>? name = null
    )
    {
        await using var context = host.Database.OpenContext();
        var people = Enumerable
            .Range(0, count)
            .Select(i => new Account
            {
                UserName = $"person-{i:000}@example.test",
                NormalizedUserName = $"PERSON-{i:000}@EXAMPLE.TEST",
                Email = $"person-{i:000}@example.test",
                NormalizedEmail = $"PERSON-{i:000}@EXAMPLE.TEST",
                EmailConfirmed = true,
                SecurityStamp = i.ToString(System.Globalization.CultureInfo.InvariantCulture),
                DisplayName = name?.Invoke(i),
            })
            .ToList();
        context.AddRange(people);
        await context.SaveChangesAsync(Cancelled);
        return people.ConvertAll(p => p.Id);
    }
}
