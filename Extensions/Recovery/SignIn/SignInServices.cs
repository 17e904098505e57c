using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.SignIn;

/// <summary>Password or passkey, then a factor, and proving it again later.</summary>
internal static class SignInServices
{
    public static void AddSignIn(this IServiceCollection services)
    {
        services.AddScoped<SignInWithPassword>();
        services.AddScoped<SignInWithPasskey>();
        services.AddScoped<SignInWithFactor>();
        services.AddScoped<EnrollAtSignIn>();
        services.AddScoped<FinishSignIn>();
        services.AddScoped<PendingSignIns>();
        services.AddScoped<ProveAgain>();
        services.AddScoped<EndOtherAccess>();
    }
}
