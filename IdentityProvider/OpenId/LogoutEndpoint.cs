namespace IdentityProvider.OpenId;

internal static class LogoutEndpoint
{
    public static Task<IResult> HandleAsync(HttpContext http) =>
        Task.FromResult(Results.NotFound());
}
