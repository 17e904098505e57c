using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore.Metadata;

namespace IdP.Recovery;

/// <summary>Which types of Identity a host's model is made of.</summary>
internal static class IdentityModel
{
    /// <summary>The host's own type of an entity of Identity; null where the model has none.</summary>
    public static Type? TypeOf(IReadOnlyModel model, Type entity) =>
        model.FindEntityType(entity) is not null
            ? entity
            : model
                .GetEntityTypes()
                .FirstOrDefault(t => t.BaseType is null && !t.IsOwned() && entity.IsAssignableFrom(t.ClrType))
                ?.ClrType;

    /// <summary>The type of the keys that a host's users have; null where a type is none of a user.</summary>
    public static Type? KeyOf(Type user)
    {
        for (var type = user; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IdentityUser<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }
}
