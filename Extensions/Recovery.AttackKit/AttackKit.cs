using IdP.Recovery.AttackKit.Attacks;

namespace IdP.Recovery.AttackKit;

/// <summary>The attacks: at least one for each row of the threat table.</summary>
public static class AttackKit
{
    /// <summary>All of them, by row. Each makes its own accounts, so that they may run in any order or at once.</summary>
    public static IReadOnlyList<Attack> Attacks { get; } =
    [
        new SkippedStep(),
        new ForeignHost(),
        new AddressOutOfShape(),
        new LinkOfAnother(),
        new MailboxAlone(),
        new FactorWithoutProof(),
        new WhatSurvives(),
        new CodeTwice(),
        new Guessing(),
        new TokenTwice(),
        new TokenAfterRestart(),
        new ToldApart(),
        new OwnerKeptOut(),
        new PrivilegedReset(),
        new PrivilegedMfaReset(),
        new OutlivedLink(),
        new OldRecoveryCodes(),
        new MailScanner(),
        new MailQueue(),
        new LostMail(),
        new TokenInPassing(),
    ];

    /// <summary>The attacks of a row.</summary>
    /// <param name="threat">1 to 18.</param>
    public static IReadOnlyList<Attack> Of(int threat) => [.. Attacks.Where(a => a.Threat == threat)];
}
