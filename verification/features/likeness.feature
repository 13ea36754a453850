Feature: The gate on what a picture looks like
  A header can state a chest radiograph over any picture. What is unlike every radiograph is refused. What is like one for
  this criterion, and is none, the risk file and the instructions for use tell.

  @SRS-047 @SRS-047/AC1 @RC-016
  Scenario: Published radiographs look like themselves, whatever their window
    Given the published radiographs as complete DX images, each as it is, with half its window, and a darker one
    When the device judges the folder
    Then every file is accepted

  @SRS-047 @SRS-047/AC2 @RC-016
  Scenario Outline: A picture that is none is refused
    Given a complete DX radiograph
    And its pixels show <picture>
    When the device judges it
    Then it is refused with the single reason NOT_FRONTAL_CHEST on PixelData of SRS-047
    And it expects "at most 1, as of frontal chest radiographs"

    Examples:
      | picture                        |
      | white noise                    |
      | a ramp from top to bottom      |
      | a ramp from corner to corner   |
      | a bright column on dark ground |
      | stripes                        |
      | a chessboard                   |
      | a disc on dark ground          |
      | a marker on flat ground        |
      | two halves                     |

  @SRS-047 @SRS-047/AC3 @RC-016
  Scenario Outline: A radiograph that is not shown as it is looked at is refused
    Given the published radiograph <picture> as a complete DX image
    And its picture is <how>, the header as it was
    When the device judges it
    Then it is refused with the single reason NOT_FRONTAL_CHEST on PixelData of SRS-047

    Examples:
      | picture                       | how                              |
      | NORMAL2-IM-1427-0001.jpeg     | inverted                         |
      | person1946_bacteria_4874.jpeg | inverted                         |
      | NORMAL2-IM-1427-0001.jpeg     | turned by a quarter to the left  |
      | person1946_bacteria_4874.jpeg | turned by a quarter to the left  |
      | NORMAL2-IM-1427-0001.jpeg     | turned by a quarter to the right |
      | person1946_bacteria_4874.jpeg | turned by a quarter to the right |

  @SRS-047
  Scenario Outline: What is drawn like one passes, as the risk file tells
    Given a complete DX radiograph
    And its pixels show <picture>
    When the device judges it
    Then it is accepted

    Examples:
      | picture                        |
      | a disc brightest in the middle |
      | a drawing of two dark fields   |

  @SRS-047
  Scenario: A mirrored radiograph passes, as the risk file tells
    Given the published radiograph NORMAL2-IM-1427-0001.jpeg as a complete DX image
    And its picture is mirrored, the header as it was
    When the device judges it
    Then it is accepted
