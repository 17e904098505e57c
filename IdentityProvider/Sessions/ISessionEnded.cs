namespace IdentityProvider.Sessions;

/// <summary>Hears of each session that ends, in the transaction that ends it.</summary>
internal interface ISessionEnded
{
    /// <summary>Adds what follows from it.</summary>
    /// <param name="session">As it was; its row is gone.</param>
    void Ended(Session session);
}
