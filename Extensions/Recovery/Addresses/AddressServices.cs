using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Addresses;

/// <summary>Further addresses of an account.</summary>
internal static class AddressServices
{
    public static void AddAddresses(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<AddressOptions>(configuration.GetSection("Addresses"));
        services.AddScoped<ListAddresses>();
        services.AddScoped<AddAddress>();
        services.AddScoped<ConfirmAddress>();
        services.AddScoped<MakeAddressPrimary>();
        services.AddScoped<RemoveAddress>();
        services.AddOutboxHandler<SendAddressCode>(SendAddressCode.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendAddressNotice>(SendAddressNotice.Kind, OutboxLane.Mail);
    }
}
