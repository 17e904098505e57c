using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Tells Identity's handler our options. Security: threat 2; domain and origin are the configured ones.</summary>
internal sealed class ConfigurePasskeys(IOptions<OriginOptions> origin, IOptions<PasskeyOptions> passkeys)
    : IConfigureOptions<IdentityPasskeyOptions>
{
    public void Configure(IdentityPasskeyOptions options)
    {
        var here = origin.Value.Link("/");
        options.ServerDomain = here.IdnHost;
        options.AuthenticatorTimeout = PasskeyChallenges.Lifetime;
        options.UserVerificationRequirement =
            passkeys.Value.UserVerification == PasskeyUserVerification.Required ? "required" : "preferred";
        options.ResidentKeyRequirement = "preferred";
        options.AttestationConveyancePreference = passkeys.Value.AsksForAttestation ? "direct" : "none";
        options.ValidateOrigin = context =>
            ValueTask.FromResult(!context.CrossOrigin && context.Origin == here.GetLeftPart(UriPartial.Authority));
    }
}
