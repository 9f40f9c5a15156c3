#!/usr/bin/perl
# adapt.pl: adapt.pl IN OUT rewrites a coreutils test of md5sum so that it tests sha256sum.
use strict;
use warnings;
use Digest::MD5 'md5_hex';
use Digest::SHA 'sha256_hex';

my ($in, $out) = @ARGV;
open my $from, '<', $in or die "$in: $!\n";
my $text = do { local $/; <$from> };
close $from;

# a content whose SHA-256 begins with a zero byte replaces '9t', whose MD5 does
my $zero;
for my $i (0 .. 100000) {
    $zero = "z$i";
    last if sha256_hex($zero) =~ /^00/;
}
$text =~ s/'9t'/'$zero'/g;

my %digest = (md5_hex('9t') => sha256_hex($zero));
for my $content ('', 'a', 'abc', 'message digest', 'abcdefghijklmnopqrstuvwxyz',
    join('', 'A' .. 'Z', 'a' .. 'z', '0' .. '9'), '1234567890' x 8)
{
    $digest{md5_hex($content)} = sha256_hex($content);
}
$text =~ s/(?<![0-9a-f])([0-9a-f]{32})(?![0-9a-f])/$digest{$1} \/\/ die "unknown digest $1 in $in\n"/ge;
$text =~ s/md5sum/sha256sum/g;
$text =~ s/MD5/SHA256/g;
$text =~ s/\.md5\b/.sha256/g;
$text =~ s/\\\{32\\\}/\\{64\\}/g;
$text =~ s/"\\0"x32/"\\0"x64/g;

open my $to, '>', $out or die "$out: $!\n";
print $to $text;
close $to or die "$out: $!\n";
chmod 0755, $out;
