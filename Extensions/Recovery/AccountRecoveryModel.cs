using IdP.Recovery.Audit;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdP.Recovery;

/// <summary>The tables of the plugin in the host's own model.</summary>
public static class AccountRecoveryModel
{
    internal const string Sqlite = "Microsoft.EntityFrameworkCore.Sqlite";

    /// <summary>
    /// Adds the plugin's tables, all named <c>Recovery…</c>, and changes none of the host's. To be called in
    /// <c>OnModelCreating</c>, after Identity's. How each is kept stands beside its entity.
    /// </summary>
    /// <param name="builder">The host's model.</param>
    /// <param name="context">The context that it is of: <c>this</c>.</param>
    /// <exception cref="InvalidOperationException">The model has no users of Identity, or their keys are of another type.</exception>
    public static ModelBuilder UseAccountRecovery(this ModelBuilder builder, DbContext context)
    {
        var key =
            builder
                .Model.GetEntityTypes()
                .Where(t => t.FindPrimaryKey() is not null)
                .Select(t => IdentityModel.KeyOf(t.ClrType))
                .FirstOrDefault(k => k is not null && HasTokens(builder.Model, k))
            ?? throw new InvalidOperationException(
                "The model has no users of ASP.NET Core Identity: UseAccountRecovery comes after base.OnModelCreating."
            );
        var onSqlite = context.Database.ProviderName == Sqlite;
        var before = builder.Model.GetEntityTypes().ToHashSet();
        builder.ApplyConfigurationsFromAssembly(typeof(AccountRecoveryModel).Assembly);
        if (IdentityModel.TypeOf(builder.Model, typeof(IdentityUserPasskey<>).MakeGenericType(key)) is { } passkey)
        {
            PasskeyDetailTable.Map(builder.Entity<PasskeyDetail>(), passkey);
        }

        SqlLower.Map(builder);
        AuditDays.Map(builder);
        var mappings = context.GetService<IRelationalTypeMappingSource>();
        LockoutEnds.Map(builder, mappings.FindMapping(typeof(bool))!, onSqlite);
        MapKeys(builder, key, mappings.FindMapping(typeof(string))!);
        if (onSqlite)
        {
            KeepTimesAsNumbers(builder.Model.GetEntityTypes().Except(before));
        }

        return builder;
    }

    // Identity gives them a key; before that, its tables are only guessed from the context's properties.
    private static bool HasTokens(IMutableModel model, Type key) =>
        IdentityModel.TypeOf(model, typeof(IdentityUserToken<>).MakeGenericType(key)) is { } token
        && model.FindEntityType(token)?.FindPrimaryKey() is not null;

    private static void MapKeys(ModelBuilder builder, Type key, RelationalTypeMapping text)
    {
        if (key == typeof(string))
        {
            AccountKey<string>.Map(builder, text);
        }
        else if (key == typeof(Guid))
        {
            AccountKey<Guid>.Map(builder, text);
        }
        else if (key == typeof(int))
        {
            AccountKey<int>.Map(builder, text);
        }
        else if (key == typeof(long))
        {
            AccountKey<long>.Map(builder, text);
        }
        else
        {
            throw new InvalidOperationException(
                $"Users with keys of the type {key.Name} are not supported; string, Guid, int and long are."
            );
        }
    }

    // Of the plugin's tables alone: a host's column whose texts became numbers would be read as nonsense.
    private static void KeepTimesAsNumbers(IEnumerable<IMutableEntityType> entities)
    {
        foreach (var property in entities.SelectMany(e => e.GetProperties()))
        {
            if (property.ClrType == typeof(DateTimeOffset) || property.ClrType == typeof(DateTimeOffset?))
            {
                property.SetValueConverter(typeof(UtcMilliseconds));
            }
        }
    }
}
